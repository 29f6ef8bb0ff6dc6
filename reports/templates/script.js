"use strict";
(function () {
  var french = document.documentElement.lang === "fr";
  function fold(text) { return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase(); }

  /* The current chapter in the table of contents. */
  var links = {};
  document.querySelectorAll(".toc a").forEach(function (link) { links[link.hash.slice(1)] = link; });
  if ("IntersectionObserver" in window) {
    var seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        var link = links[entry.target.id];
        if (!link || !entry.isIntersecting) { return; }
        document.querySelectorAll(".toc a[aria-current]").forEach(function (old) { old.removeAttribute("aria-current"); });
        link.setAttribute("aria-current", "location");
      });
    }, { rootMargin: "-15% 0px -75% 0px" });
    document.querySelectorAll("main > section[id]").forEach(function (section) { seen.observe(section); });
  }
  document.querySelectorAll(".toc-phone a").forEach(function (link) {
    link.addEventListener("click", function () { link.closest("details").open = false; });
  });

  /* Folded tables are open on paper. */
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.prototype.filter.call(document.querySelectorAll("details.fold"), function (d) { return !d.open; });
    opened.forEach(function (d) { d.open = true; });
  });
  window.addEventListener("afterprint", function () { opened.forEach(function (d) { d.open = false; }); });

  /* A filter above long tables. */
  document.querySelectorAll("table[data-filter]").forEach(function (table) {
    var rows = Array.prototype.slice.call(table.querySelectorAll("tbody tr:not(.section)"));
    var box = document.createElement("div");
    var label = document.createElement("label");
    var input = document.createElement("input");
    var count = document.createElement("output");
    box.className = "filter";
    label.textContent = french ? "Filtrer les lignes" : "Filter rows";
    input.type = "search";
    input.id = "filter-" + table.dataset.filter;
    label.htmlFor = input.id;
    count.setAttribute("aria-live", "polite");
    input.addEventListener("input", function () {
      var wanted = fold(input.value.trim());
      var shown = 0;
      rows.forEach(function (row) {
        row.hidden = wanted !== "" && fold(row.textContent).indexOf(wanted) < 0;
        if (!row.hidden) { shown += 1; }
      });
      count.textContent = wanted === "" ? "" : shown + (french ? " lignes sur " : " rows of ") + rows.length;
    });
    box.append(label, input, count);
    table.parentElement.before(box);
  });

  /* Each drawing as a picture that carries its own colours and source. */
  document.querySelectorAll(".dataset").forEach(function (dataset) {
    var drawing = dataset.querySelector("svg.wide");
    var tools = dataset.querySelector(".tools");
    if (!drawing || !tools) { return; }
    var button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = french ? "Image (SVG)" : "Picture (SVG)";
    button.addEventListener("click", function () {
      var copy = drawing.cloneNode(true);
      var style = document.createElementNS("http://www.w3.org/2000/svg", "style");
      style.textContent = document.getElementById("chart-css").textContent;
      copy.prepend(style);
      var link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }));
      link.download = dataset.id + ".svg";
      link.click();
      setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
    });
    tools.querySelector(".button").after(button);
  });
})();
