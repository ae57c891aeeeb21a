// Run by tap after the last test file.
import { stopTestCluster } from './postgres.ts'

await stopTestCluster()
