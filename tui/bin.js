#!/usr/bin/env node
import { launch } from '../gateway/protocol/launch.js';

launch(import.meta.url, new URL('../dist/tui/main.js', import.meta.url).href);
