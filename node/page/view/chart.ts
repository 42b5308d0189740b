/** A chart over time, drawn by uPlot in the colours of the page. What it shows is said in words beside it: a reader of the screen gets the label. */
import { h, type JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { tickText } from "../format.ts";

export interface Curve {
  readonly label: string;
  /** Name of a colour of the page (page.css): `--s0`. */
  readonly colour: string;
  readonly dash?: readonly number[];
  readonly fill?: boolean;
}

export interface ChartProps {
  /** In words, what is to be seen. */
  readonly label: string;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly curves: readonly Curve[];
  /** A list for each curve. */
  readonly values: readonly (readonly (number | null)[])[];
  /** As on the axis. */
  readonly text: (value: number) => string;
  /** Whether the axis begins at nothing. */
  readonly fromZero?: boolean;
}

const HEIGHT = 220;
const LINE_WIDTH = 2;

export function Chart(props: ChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const shown = useRef(props);
  shown.current = props;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(shown.current, element), dataOf(shown.current), element);
    };
    draw();
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      dark.removeEventListener("change", draw);
      resized.disconnect();
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(dataOf(props)), [props.times.length, props.times.at(-1)]);
  return h("div", { class: "chart", role: "img", "aria-label": props.label, ref: place });
}

function dataOf({ times, values }: ChartProps): uPlot.AlignedData {
  return [[...times], ...values.map((list) => [...list])];
}

function optionsOf({ curves, text, fromZero = false }: ChartProps, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 },
    font: "12px system-ui, sans-serif",
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true }, y: { range: (_plot, least, most) => rangeOf(least, most, fromZero) } },
    axes: [
      { ...axis, space: 80, values: (_plot, ticks) => ticks.map((at, i) => tickText(at, ticks[i - 1])) },
      { ...axis, size: 64, values: (_plot, ticks) => ticks.map(text) },
    ],
    series: [
      {},
      ...curves.map(({ colour: name, dash, fill = false }) => ({
        stroke: colour(name),
        width: LINE_WIDTH,
        ...(dash && { dash: [...dash] }),
        ...(fill && { fill: `${colour(name)}22` }),
        points: { show: false },
        spanGaps: true,
      })),
    ],
  };
}

/** A little room above and below, and never an axis without length. */
function rangeOf(least: number | null, most: number | null, fromZero: boolean): [number, number] {
  const [low, high] = [fromZero ? 0 : (least ?? 0), most ?? 1];
  const room = Math.max(high - low, Math.abs(high) * 0.02, 1e-9) * 0.08;
  return [fromZero ? 0 : low - room, high + room];
}
