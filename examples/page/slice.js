// Draws a plane of a public .npy array: ?url=https://host/volume.npy&at=3 shows index 3 of its first axis.
import { HttpBackend } from "@cottoncandy/cottoncandy/backends/web";
import { openNpy } from "@cottoncandy/cottoncandy/npy";

const query = new URLSearchParams(location.search);
const output = document.querySelector("output");

async function show(url, at) {
  const name = decodeURIComponent(url.pathname.split("/").at(-1));
  const array = await openNpy(new HttpBackend(url, { oneObject: true }), name); // the header: 4 kB are read
  const leading = array.shape.slice(0, -2).map((_, axis) => axis === 0 ? at : 0);
  const plane = await array.slice(...leading, null, null); // and the bytes of this plane
  draw(Float64Array.from(plane, Number), plane.shape[1], plane.shape[0]);
  output.value = `${name}: ${array.dtype} [${array.shape.join(", ")}], ${plane.nbytes} bytes of it read`;
}

function draw(values, width, height) {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((a, b) => Math.min(a, b), Infinity);
  const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const image = new ImageData(width, height);
  values.forEach((value, i) => {
    const grey = 255 * (value - low) / (high - low || 1);
    image.data.set([grey, grey, grey, Number.isFinite(value) ? 255 : 0], 4 * i);
  });
  const canvas = document.querySelector("canvas");
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

const url = new URL(query.get("url") ?? "volume.npy", location.href);
show(url, Number(query.get("at") ?? 0)).catch((error) => output.value = error.message);
