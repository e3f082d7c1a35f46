// What scrolls sideways can be scrolled by keyboard; the theme's landmarks have names; every page has a heading.

const scrolling = () => {
  for (const box of document.querySelectorAll("pre, .table-wrapper")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};

document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Pages");
document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
if (!document.querySelector("h1")) {
  const heading = document.createElement("h1");
  heading.textContent = document.title.split(" - ")[0];
  document.querySelector("article")?.prepend(heading);
}
scrolling();
addEventListener("resize", scrolling);
