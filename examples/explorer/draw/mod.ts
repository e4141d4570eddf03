/**
 * Drawing an array: what `view.ts` asks for.
 *
 * @module
 */
import type { DrawArray } from "../view.ts";
import { ArrayDrawing } from "./drawing.ts";

/** Draws into an element: as a line, a heat map, colours, a spy plot or a table, with controls. */
export const drawArray: DrawArray = (element, array, state, onState) =>
  new ArrayDrawing(element, array, state, onState);
