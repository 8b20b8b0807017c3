// Five classes for a figure: quantiles on one ramp, or distance from the mean on two.

const RAMP = ["ramp-1", "ramp-2", "ramp-3", "ramp-4", "ramp-5"];
const AROUND = ["low-2", "low-1", "mid", "high-1", "high-2"];
const ABOUT_MEAN = [60, 85, 115, 150];

/** Return class breaks, variable names of colours, and counts for a map code -> number. */
export function classify(values, aboutMean) {
  const numbers = [...values.values()].filter(Number.isFinite).sort((a, b) => a - b);
  const breaks = aboutMean ? ABOUT_MEAN : quantiles(numbers);
  const names = aboutMean ? AROUND : RAMP;
  const place = (value) => breaks.filter((edge) => value >= edge).length;
  const counts = names.map((_, i) => numbers.filter((value) => place(value) === i).length);
  return { breaks, names, counts, place };
}

function quantiles(numbers) {
  const at = (share) => numbers[Math.min(numbers.length - 1, Math.floor(share * numbers.length))];
  const edges = [0.2, 0.4, 0.6, 0.8].map((share) => round(at(share) ?? 0));
  return edges.map((edge, i) => (i > 0 && edge <= edges[i - 1] ? edges[i - 1] : edge));
}

function round(value) {
  if (!value) return 0;
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 1);
  return Number((Math.round(value / step) * step).toPrecision(3));
}
