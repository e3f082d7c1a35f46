// The two buttons of a page that was made with --explain: what matters, and the smallest network that does as well.

import { byId } from "./dom.js";
import { Network } from "./network.js";

export class Explained {
  // `onPruned` is called with the network to show, or null for the whole one; `onLosses` with what to colour by, or null;
  // `onWeight` with the shared weight that all this holds at.
  constructor(data, { onPruned, onLosses, onWeight }) {
    this.data = data;
    this.pruned = data ? new Network(data.pruned) : null;
    this.onPruned = onPruned;
    this.onLosses = onLosses;
    this.onWeight = onWeight;
    this.host = byId("explained");
    this.buttons = { matters: byId("matters"), smallest: byId("smallest") };
    for (const name of Object.keys(this.buttons)) {
      this.buttons[name].addEventListener("click", () => this.#set(this.chosen === name ? null : name));
    }
    this.chosen = null;
  }

  // Only the last champion is explained.
  showFor(isLast) {
    this.host.hidden = !this.data || !isLast;
    this.#mark(null);
  }

  #set(name) {
    const before = this.chosen;
    this.#mark(name);
    if (before === "smallest" || name === "smallest") this.onPruned(name === "smallest" ? this.pruned : null);
    this.onLosses(name === "matters" ? this.data : null);
    if (name !== null) this.onWeight(this.data.weight);
  }

  #mark(name) {
    this.chosen = name;
    for (const [other, button] of Object.entries(this.buttons)) button.setAttribute("aria-pressed", String(other === name));
    byId("lines-note").hidden = name === "matters";
    const note = byId("explained-note");
    note.hidden = name === null;
    if (name !== null) note.textContent = name === "matters" ? this.data.note : this.data.prunedNote;
  }
}
