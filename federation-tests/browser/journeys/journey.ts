// What people do in a commune that lives, told as one test: each makes what it needs and leaves the rest as it is.
import type { Browser } from 'playwright-core'
import type { Test } from 'tap'
import type { Commune } from '../every-page.ts'

export type Journey = (t: Test, browser: Browser, commune: Commune) => Promise<void>
