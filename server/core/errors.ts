// The one error class that crosses layers. Its text is safe to show; the cause is for the log only.

export interface AppErrorOptions {
  cause?: unknown
  /** Seconds after which trying again makes sense; becomes Retry-After. */
  retryAfterSeconds?: number
  /** Values for the translated text, never secrets. */
  details?: Record<string, string | number>
}

/** A refusal or failure with a stable code (`area.reason`), an HTTP status and a sentence that may be shown to anyone. */
export class AppError extends Error {
  readonly code: string
  readonly status: number
  readonly retryAfterSeconds: number | undefined
  readonly details: Record<string, string | number>

  constructor(code: string, status: number, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.status = status
    this.retryAfterSeconds = options.retryAfterSeconds
    this.details = options.details ?? {}
  }
}

/** True when the error is one of ours with this code. */
export function isAppError(error: unknown, code?: string): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code)
}
