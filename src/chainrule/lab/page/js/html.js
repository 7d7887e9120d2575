// The view library in one place: Preact, its hooks, and htm, which writes elements as HTML.
import {createContext, h, render} from "preact";
import htm from "htm";

export {createContext, h, render};
export {useCallback, useContext, useEffect, useErrorBoundary, useLayoutEffect, useMemo, useRef, useState} from "preact/hooks";
export const html = htm.bind(h);
