// @ts-check
// The view library under one name, so that its version is written in one place only.
export {
  Component, Fragment, createContext, createPortal, h, html, render,
  useCallback, useContext, useEffect, useId, useLayoutEffect, useMemo, useReducer, useRef, useState,
} from '/vendor/preact-11.2.0-htm-3.1.1.js';
