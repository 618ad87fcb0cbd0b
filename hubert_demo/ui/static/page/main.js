// Where the page begins.

import "../core/keyboard.js";
import { startMounting } from "../core/mount.js";
import "./recorder.js";

startMounting((module) => import(`../${module}`));
