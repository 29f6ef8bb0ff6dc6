"use strict";
(function () {
  var root = document.documentElement;
  var words = JSON.parse(document.getElementById("words").textContent);
  function all(selector, from) { return Array.prototype.slice.call((from || document).querySelectorAll(selector)); }
  function make(tag, name, text) {
    var element = document.createElement(tag);
    if (name) { element.className = name; }
    if (text) { element.textContent = text; }
    return element;
  }
  function bare(text) { return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase(); }

  /* One figure alone, for a page that embeds it. */
  var alone = /[?&]embed=([a-z0-9-]+)/.exec(location.search);
  if (alone) {
    var figure = document.getElementById(alone[1]);
    if (figure && figure.classList.contains("dataset")) {
      var whole = make("a", "", words.open_report);
      whole.href = location.pathname + "#" + alone[1];
      whole.target = "_top";
      figure.append(whole);
      all("body > *").forEach(function (part) { if (part.tagName !== "SCRIPT" && !part.classList.contains("banner")) { part.hidden = true; } });
      var frame = make("main", "alone");
      frame.append(figure);
      document.body.append(frame);
      if ("ResizeObserver" in window && window.parent !== window) {
        new ResizeObserver(function () { window.parent.postMessage({ essHeight: root.offsetHeight }, "*"); }).observe(document.body);
      }
    }
    root.classList.remove("embedded");
  }

  /* Light or dark, kept on this device only. */
  var bar = document.querySelector(".top-tools");
  if (bar) {
    var dark = window.matchMedia("(prefers-color-scheme: dark)");
    var toggle = make("button", "theme");
    toggle.type = "button";
    var isDark = function () { return root.dataset.theme ? root.dataset.theme === "dark" : dark.matches; };
    var name = function () { toggle.textContent = isDark() ? words.theme_light : words.theme_dark; };
    toggle.addEventListener("click", function () {
      root.dataset.theme = isDark() ? "light" : "dark";
      try { localStorage.setItem("ess-theme", root.dataset.theme); } catch (error) { /* no storage */ }
      name();
    });
    if (dark.addEventListener) { dark.addEventListener("change", name); }
    name();
    bar.append(toggle);
  }

  /* The current chapter in the table of contents. */
  var links = {};
  all(".toc a").forEach(function (link) { links[link.hash.slice(1)] = link; });
  if ("IntersectionObserver" in window) {
    var seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        var link = links[entry.target.id];
        if (!link || !entry.isIntersecting) { return; }
        all(".toc a[aria-current]").forEach(function (old) { old.removeAttribute("aria-current"); });
        link.setAttribute("aria-current", "location");
      });
    }, { rootMargin: "-15% 0px -75% 0px" });
    all("main > section[id]").forEach(function (section) { seen.observe(section); });
  }
  all(".toc-phone a").forEach(function (link) {
    link.addEventListener("click", function () { link.closest("details").open = false; });
  });

  /* Folded tables are open on paper. */
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = all("details.fold").filter(function (d) { return !d.open; });
    opened.forEach(function (d) { d.open = true; });
  });
  window.addEventListener("afterprint", function () { opened.forEach(function (d) { d.open = false; }); });

  /* Filters above long tables: rows are hidden, nothing is added up. The address keeps them. */
  function kept() {
    var found = {};
    location.hash.slice(1).split("&").slice(1).forEach(function (pair) {
      var at = pair.indexOf("=");
      try { found[decodeURIComponent(pair.slice(0, at))] = decodeURIComponent(pair.slice(at + 1)); } catch (error) { /* not ours */ }
    });
    return found;
  }
  function filterOf(table) {
    var plan = JSON.parse(table.dataset.filter);
    var bodies = all("tbody", table);
    var rows = all("tbody tr.data", table);
    var box = make("form", "filter");
    var fields = [];
    box.setAttribute("role", "search");
    box.setAttribute("aria-label", words.filter + " – " + table.querySelector("caption").textContent.trim());
    function field(label, control, key, test) {
      var holder = make("p");
      var tag = make("label", "", label);
      control.id = "f-" + plan.id + "-" + key;
      tag.htmlFor = control.id;
      holder.append(tag, control);
      box.append(holder);
      fields.push({ key: key, control: control, test: test });
    }
    var input = make("input");
    input.type = "search";
    field(words.filter, input, "q", function (row, wanted) { return bare(row.textContent).indexOf(bare(wanted)) >= 0; });
    plan.lists.forEach(function (list, rank) {
      var select = make("select");
      select.append(new Option(words.all, ""));
      list.values.forEach(function (value) { select.append(new Option(value, value)); });
      select.dataset.groups = list.groups ? "1" : "";
      field(list.label || words.section, select, "f" + rank, function (row, wanted) {
        if (list.at >= 0) { return row.cells[list.at + 1].textContent.trim() === wanted; }
        var title = row.parentElement.querySelector("tr.section");
        return title !== null && title.textContent.trim() === wanted;
      });
    });
    var reset = make("button", "button", words.reset);
    var count = make("output");
    reset.type = "button";
    reset.hidden = true;
    box.append(reset, count);
    function apply(quiet) {
      var active = fields.filter(function (f) { return f.control.value.trim() !== ""; });
      var shown = 0;
      rows.forEach(function (row) {
        row.hidden = !active.every(function (f) { return f.test(row, f.control.value.trim()); });
        if (!row.hidden) { shown += 1; }
      });
      bodies.forEach(function (body) {
        var own = all("tr.data", body);
        body.hidden = bodies.length > 1 && active.length > 0 && own.every(function (row) { return row.hidden; });
      });
      count.textContent = active.length ? shown + " " + words.lines + " " + words.of + " " + rows.length : "";
      reset.hidden = active.length === 0;
      fields.forEach(function (f) {
        if (!f.control.dataset.groups) { return; }
        var chosen = f.control.selectedIndex - 1;
        all("svg.map", table.closest(".dataset")).forEach(function (map) {
          map.classList.toggle("chosen", chosen >= 0);
          all(".land", map).forEach(function (land) { land.classList.toggle("front", land.classList.contains("g" + chosen)); });
        });
      });
      if (!quiet) {
        var pairs = active.map(function (f) { return "&" + f.key + "=" + encodeURIComponent(f.control.value.trim()); });
        try { history.replaceState(null, "", "#" + plan.id + pairs.join("")); } catch (error) { /* not allowed here */ }
      }
    }
    box.addEventListener("input", function () { apply(false); });
    box.addEventListener("submit", function (event) { event.preventDefault(); });
    reset.addEventListener("click", function () {
      fields.forEach(function (f) { f.control.value = ""; });
      apply(false);
      input.focus();
    });
    count.setAttribute("aria-live", "polite");
    table.parentElement.before(box);
    if (location.hash.slice(1).split("&")[0] === plan.id && location.hash.indexOf("&") > 0) {
      var values = kept();
      fields.forEach(function (f) { if (values[f.key]) { f.control.value = values[f.key]; } });
      var fold = table.closest("details");
      if (fold) { fold.open = true; }
      apply(true);
      document.getElementById(plan.id).scrollIntoView();
    }
  }
  all("table[data-filter]").forEach(filterOf);

  var banner = document.querySelector(".banner");
  var warning = banner ? banner.innerText.replace(/\s+/g, " ").trim() : "";
  function save(blob, name) {
    var link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }

  /* Each table as an Excel sheet, made here from its CSV. */
  all(".dataset .tools a.button[download]").forEach(function (link) {
    var dataset = link.closest(".dataset");
    var button = make("button", "button", words.xlsx);
    button.type = "button";
    button.append(link.querySelector(".vh").cloneNode(true));
    button.addEventListener("click", function () {
      var english = root.lang === "en";
      var csv = decodeURIComponent(link.href.slice(link.href.indexOf(",") + 1)).replace(/^\ufeff/, "");
      var notes = all(".meta > div", dataset).map(function (note) { return note.innerText.replace(/\s*\n\s*/g, " "); });
      var title = dataset.querySelector("caption").textContent.replace(/\s+/g, " ").trim();
      if (warning) { notes.unshift(warning); }
      save(essSheet(title, notes, csv, english ? ",." : ";,", dataset.id), link.download.replace(/csv$/, "xlsx"));
    });
    link.after(button);
  });

  /* All the tables of the page as one archive. */
  all(".downloads").forEach(function (list) {
    var item = make("li");
    var button = make("button", "button", words.all_csv);
    button.type = "button";
    button.addEventListener("click", function () {
      var files = {};
      var links = all(".dataset .tools a[download]");
      links.forEach(function (link) { files[link.download] = decodeURIComponent(link.href.slice(link.href.indexOf(",") + 1)); });
      save(essSheet.zip(files, "application/zip"), links[0].download.replace(/_[0-9A-Za-z]+\.\d+_.*$/, "") + ".zip");
    });
    item.append(button);
    list.append(item);
  });

  /* Each figure as a picture that carries its own title, colours and source. */
  function lines(text, most) {
    var found = [""];
    text.trim().split(/[ \t\n]+/).forEach(function (word) {
      var last = found[found.length - 1];
      if (last && (last + " " + word).length > most) { found.push(word); } else { found[found.length - 1] = last ? last + " " + word : word; }
    });
    return found;
  }
  function picture(drawings, titles, foot) {
    var space = "http://www.w3.org/2000/svg";
    var sheet = document.createElementNS(space, "svg");
    var style = document.createElementNS(space, "style");
    var paper = document.createElementNS(space, "rect");
    var width = Number(drawings[0].getAttribute("width")) + 24;
    var height = 12;
    style.textContent = document.getElementById("chart-css").textContent;
    sheet.setAttribute("class", "chart");
    paper.setAttribute("class", "paper");
    paper.setAttribute("width", "100%");
    paper.setAttribute("height", "100%");
    sheet.append(style, paper);
    function write(said) {
      lines(said.text, width / said.unit).forEach(function (line) {
        var text = document.createElementNS(space, "text");
        height += said.step;
        text.setAttribute("x", "12");
        text.setAttribute("y", height);
        text.setAttribute("class", said.name);
        text.textContent = line;
        sheet.append(text);
      });
    }
    titles.forEach(write);
    height += 14;
    drawings.forEach(function (drawing) {
      var copy = drawing.cloneNode(true);
      copy.setAttribute("x", "12");
      copy.setAttribute("y", height);
      copy.classList.remove("wide");
      height += Number(drawing.getAttribute("height")) + 12;
      sheet.append(copy);
    });
    foot.forEach(write);
    height += 12;
    sheet.setAttribute("viewBox", "0 0 " + width + " " + height);
    sheet.setAttribute("width", width);
    sheet.setAttribute("height", height);
    return { text: new XMLSerializer().serializeToString(sheet), width: width, height: height };
  }
  function bitmap(drawn, name) {
    var image = new Image();
    image.onload = function () {
      var canvas = make("canvas");
      canvas.width = 2 * drawn.width;
      canvas.height = 2 * drawn.height;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(function (blob) { save(blob, name); }, "image/png");
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(drawn.text);
  }
  all(".dataset").forEach(function (dataset) {
    var drawings = all("svg.wide", dataset);
    var tools = dataset.querySelector(".tools");
    if (!drawings.length || !tools) { return; }
    function drawn() {
      var said = function (selector) { return dataset.querySelector(selector).innerText.replace(/\s+/g, " "); };
      var titles = [{ text: said("h3"), name: "t-title", unit: 9, step: 22 }, { text: said(".caption-number") + " – " + said(".caption-number + span"), name: "t-m", unit: 7.2, step: 20 }];
      if (dataset.querySelector(".measure")) { titles.push({ text: said(".measure"), name: "t-m", unit: 7.2, step: 20 }); }
      if (warning) { titles.unshift({ text: warning, name: "t-warn", unit: 7.6, step: 20 }); }
      var signs = dataset.querySelector(".meta .said");
      return picture(drawings, titles, signs ? [{ text: signs.innerText, name: "t-src", unit: 6, step: 15 }] : []);
    }
    var name = tools.querySelector("a[download]").download.replace(/csv$/, "");
    ["svg", "png"].forEach(function (kind) {
      var button = make("button", "button", words[kind]);
      button.type = "button";
      button.append(tools.querySelector("a[download] .vh").cloneNode(true));
      button.addEventListener("click", function () {
        if (kind === "png") { bitmap(drawn(), name + kind); } else { save(new Blob([drawn().text], { type: "image/svg+xml" }), name + kind); }
      });
      all(".button", tools).pop().after(button);
    });
  });

  /* The code to embed a figure, with the address of this page, and a button to copy it. */
  all(".embed code").forEach(function (code) {
    if (/^https?:$/.test(location.protocol)) {
      code.textContent = code.textContent.replace(/src="[^"?]*\?/, 'src="' + location.origin + location.pathname + "?");
    }
    code.closest("details").addEventListener("toggle", function () {
      var dataset = code.closest(".dataset");
      var height = dataset.offsetHeight - code.closest("details").offsetHeight + (banner ? banner.offsetHeight : 0) + 64;
      code.textContent = code.textContent.replace(/height="\d+"/, 'height="' + height + '"');
    });
    if (!navigator.clipboard) { return; }
    var copy = make("button", "button", words.copy);
    copy.type = "button";
    copy.addEventListener("click", function () {
      navigator.clipboard.writeText(code.textContent).then(function () { copy.textContent = words.copied; }, function () { /* refused */ });
    });
    code.parentElement.after(copy);
  });
})();
