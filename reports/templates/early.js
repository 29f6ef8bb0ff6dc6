"use strict";
(function () {
  /* Before anything is drawn: the chosen display, and the figure wanted alone (`?embed=t1-1`). */
  var root = document.documentElement;
  root.classList.add("js");
  try { var theme = localStorage.getItem("ess-theme"); if (theme) { root.dataset.theme = theme; } } catch (error) { /* no storage */ }
  if (/[?&]embed=[a-z0-9-]+/.test(location.search)) { root.classList.add("embedded"); }
})();
