// Puts the page together: one clock, one present champion, one present weight.

import { trajectory } from "./cartpole.js";
import { CartPoleScene } from "./cartpole-scene.js";
import { byId, reducedMotion } from "./dom.js";
import { Explained } from "./explained.js";
import { f32 } from "./float32.js";
import { NetworkView } from "./graph.js";
import { History } from "./history.js";
import { Network } from "./network.js";
import { ParetoChart } from "./pareto.js";
import { ProbeScene } from "./probe-scene.js";
import { RecordedScene } from "./recorded-scene.js";
import { SamplesScene } from "./samples-scene.js";
import { Curves, fillScores, fillSettings } from "./tables.js";
import { WeightControl } from "./weight.js";

class Page {
  constructor(data) {
    this.data = data;
    this.networks = data.champions.map((champion) => new Network(champion.network));
    this.network = this.networks.at(-1);
    this.individual = false;
    this.speed = 1;
    this.playing = !reducedMotion();
    this.#fillTexts();
    this.explained = new Explained(data.explained, {
      onPruned: (pruned) => {
        this.#showNetwork(pruned ?? this.networks.at(-1), data.champions.length - 1);
        this.weights.setEnabled(true);
        this.#changed();
      },
      onLosses: (losses) => {
        this.view.setLosses(losses);
        this.#draw();
      },
      onWeight: (weight) => this.weights.set(weight),
    });
    this.view = new NetworkView([...this.networks, ...(this.explained.pruned ? [this.explained.pruned] : [])]);
    this.scene = makeScene(data, this.network);
    this.weights = new WeightControl({
      searchWeights: data.searchWeights,
      marks: data.marks,
      unit: data.unit,
      onChange: () => this.#changed(),
    });
    this.history = new History(data.champions, (index) => this.#showChampion(index));
    this.curves = new Curves(data.curves);
    this.pareto = new ParetoChart(data.pareto);
    fillScores(data.scores);
    fillSettings(data.settings, data.commands);
    this.#bindButtons();
    this.view.onIdle = this.scene.onIdle = () => this.#draw();
    this.scene.onRestart = () => this.network.forget();
    this.weight = null;
    this.#showChampion(data.champions.length - 1);
    this.last = performance.now();
    requestAnimationFrame((now) => this.#frame(now));
  }

  // The shared weight, or null with individual weights.
  get presentWeight() {
    return this.individual ? null : f32(this.weights.weight);
  }

  act(inputs) {
    return this.network.forward(inputs, this.presentWeight);
  }

  // Acts in a step of an episode.
  #step(inputs) {
    const outputs = this.act(inputs);
    this.network.remember();
    return outputs;
  }

  #fillTexts() {
    byId("title").textContent = this.data.title;
    byId("summary").textContent = this.data.summary;
    byId("scene-caption").textContent = this.data.scene.caption;
  }

  #showChampion(index) {
    const champion = this.data.champions[index];
    this.explained.showFor(index === this.networks.length - 1);
    this.#showNetwork(this.networks[index], index);
    this.weights.setProfile(champion.profile, champion.scene.weights ?? null, this.weights.weight ?? this.data.weight);
    this.weights.setEnabled(true);
    this.curves.mark(champion.generation);
    this.pareto.mark(champion.network.source.length, champion.score?.mean);
    this.#changed();
  }

  // Has a network act: a champion, or what was made of it.
  #showNetwork(network, index) {
    this.network = network;
    this.individual = false;
    network.forget();
    this.view.setNetwork(network);
    this.scene.setChampion?.(index, network, this.data.champions[index].scene);
    byId("tuned").hidden = network.weights === null;
    byId("tuned-switch").setAttribute("aria-checked", "false");
  }

  #changed() {
    this.scene.setWeight?.(this.individual ? null : this.weights.weight);
    this.#draw();
  }

  #bindButtons() {
    const play = byId("play");
    const setPlaying = (playing) => {
      this.playing = playing;
      play.textContent = playing ? "pause" : "play";
    };
    setPlaying(this.playing);
    play.addEventListener("click", () => setPlaying(!this.playing));
    byId("restart").addEventListener("click", () => {
      this.scene.restart();
      this.#draw();
    });
    const slow = byId("slow");
    slow.addEventListener("click", () => {
      this.speed = this.speed === 1 ? 0.25 : 1;
      slow.setAttribute("aria-pressed", String(this.speed !== 1));
    });
    const still = Boolean(this.scene.still);
    for (const button of [play, byId("slow")]) button.hidden = still;
    const tuned = byId("tuned-switch");
    tuned.addEventListener("click", () => {
      this.individual = !this.individual;
      tuned.setAttribute("aria-checked", String(this.individual));
      this.weights.setEnabled(!this.individual);
      this.scene.restart();
      this.#changed();
    });
    const theme = byId("theme");
    const dark = matchMedia("(prefers-color-scheme: dark)");
    theme.addEventListener("click", () => {
      const now = document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
      document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
      this.view.refreshColours();
      this.#draw();
    });
    dark.addEventListener("change", () => this.view.refreshColours());
  }

  #frame(now) {
    const seconds = Math.min(Math.max(now - this.last, 0) / 1000, 0.1);
    this.last = now;
    if (this.playing && !this.scene.still) {
      this.scene.advance(seconds * this.speed, (inputs) => this.#step(inputs));
      this.#draw();
    }
    requestAnimationFrame((next) => this.#frame(next));
  }

  #draw() {
    if (this.scene.memory) this.network.recall(this.scene.memory);
    this.act(this.scene.inputs);
    if (this.scene.still) this.scene.advance(0, (inputs) => this.act(inputs));
    this.scene.draw();
    this.view.update(this.presentWeight);
    const status = this.scene.status();
    if (status !== this.status) byId("status").textContent = this.status = status;
  }
}

// What can be run here, by the name that the task gives its physics.
const SIMULATIONS = {
  "cartpole-swingup": (scene) => new CartPoleScene(scene, true),
  "cartpole-swingup without velocities": (scene) => new CartPoleScene(scene, false),
};

function makeScene({ scene, searchWeights }, network) {
  if (scene.kind === "simulated") return SIMULATIONS[scene.simulation](scene);
  if (scene.kind === "recorded") return new RecordedScene(scene);
  if (scene.kind === "samples") return new SamplesScene(scene, searchWeights);
  return new ProbeScene(network, scene);
}

const page = new Page(JSON.parse(byId("data").textContent));

// For the console: wann.trajectory(1.0, [0, 0, Math.PI, 0], 300).
window.wann = {
  page,
  trajectory: (weight, start, steps = 1000, champion = page.networks.length - 1) =>
    trajectory(new Network(page.data.champions[champion].network), start, weight, steps),
};
