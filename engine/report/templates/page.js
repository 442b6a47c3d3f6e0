"use strict";
(() => {
  const options = JSON.parse(document.getElementById("chart-options").textContent);
  const embedding = {
    ...options,
    mode: "vega-lite",
    renderer: "svg",
    actions: false,
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true, theme: "page" },
  };

  function failed(place, error) {
    place.textContent = "This chart could not be drawn: " + error.message;
    console.error(error);
  }

  // The stretch of time that a chart shows, under the name that chart's own column gives it.
  function stretch(view) {
    const names = Object.keys(view.getState({ signals: () => true, data: () => false }).signals);
    return names.find((name) => name === "time_date" || name === "time_since");
  }

  // A stretch chosen in one chart is shown by all: no reader wants to zoom four times.
  function link(views) {
    const timed = views.map((view) => [view, stretch(view)]).filter(([, name]) => name);
    let passing = false;
    for (const [view, name] of timed) {
      view.addSignalListener(name, (_, days) => {
        if (passing) return;
        passing = true;
        const others = timed.filter(([other]) => other !== view);
        Promise.all(others.map(([other, theirs]) => other.signal(theirs, days).runAsync())).then(() => {
          passing = false;
        });
      });
    }
  }

  const drawn = [...document.querySelectorAll("script[data-chart]")].map((script) => {
    const place = document.getElementById(script.dataset.chart);
    return vegaEmbed(place, JSON.parse(script.textContent), embedding)
      .then((result) => result.view)
      .catch((error) => failed(place, error));
  });
  Promise.all(drawn).then((views) => {
    link(views.filter(Boolean));
    document.documentElement.dataset.charts = "drawn";
  });
})();
