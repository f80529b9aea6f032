// What a choice changes on the page, at once and in the browser, so that Generate pressed right
// afterwards has these values already. One expression: given the tables that
// `studio.panels.choice_tables` makes, a function for each choice.
(tables) => {
  const update = (fields) => ({ __type__: "update", ...fields });
  const list = (choices) => update({ choices, value: "", interactive: choices.length > 1 });
  const modes = (names, value) =>
    update({ choices: names.map((name) => [tables.modes[name], name]), value });
  // An opening is shorter than its clip.
  const fitting = (clip, opening) =>
    clip > 0 && opening >= clip ? Math.round(clip * 5) / 10 : undefined;

  return {
    // -> mode, length, opening, opener, rescorer, quality, and what a quality sets
    model(name, quality) {
      const own = tables.models[name];
      if (!own) return [];
      const chosen = quality || tables.quality;
      return [
        modes(own.modes, own.mode),
        update({ maximum: tables.slider_s, value: own.duration_s }),
        update({
          maximum: own.longest_opening_s,
          value: own.opening_s,
          interactive: own.mode === "hybrid",
        }),
        list(own.openers),
        list(own.rescorers),
        chosen,
        ...tables.presets[own.family][chosen],
      ];
    },
    // -> what a quality sets
    quality(name, model) {
      return tables.presets[tables.models[model].family][name];
    },
    // -> mode: with somebody to open for it, a model that fills in parallel can be a hybrid
    opener(name, model, mode) {
      const own = tables.models[model];
      if (own.modes.includes("hybrid")) return [undefined];
      if (name) return [modes([...own.modes, "hybrid"], "hybrid")];
      return [modes(own.modes, own.modes.includes(mode) ? mode : own.mode)];
    },
    // -> opening
    mode(name) {
      return [update({ interactive: name === "hybrid" })];
    },
    // -> length, opening: the slider grows for a longer number that is typed
    length(clip, opening) {
      // The 1 of a 12 that is being typed is no length to fit an opening into.
      const typing = document.activeElement && document.activeElement.type === "number";
      const grown = clip > tables.slider_s ? update({ maximum: tables.longest_s }) : undefined;
      return [grown, typing ? undefined : fitting(clip, opening)];
    },
    // -> length, opening: ... and shrinks again, but not under somebody's finger
    released(clip, opening) {
      const maximum = clip > tables.slider_s ? tables.longest_s : tables.slider_s;
      return [update({ maximum }), fitting(clip, opening)];
    },
  };
}
