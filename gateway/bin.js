#!/usr/bin/env node
import { launch } from './protocol/launch.js';

launch(import.meta.url, new URL('../dist/gateway/main.js', import.meta.url).href);
