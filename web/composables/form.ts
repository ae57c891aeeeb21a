// A form's life: sending, refused with reasons, done. The server is the judge; its sentences are shown beside the fields.
import { nextTick, reactive, ref, type Ref } from 'vue'
import { usePage } from '../page-context.ts'
import { failureOf, useErrorText } from './errors.ts'

export interface FormState {
  /** What was typed before the script took over, by field name. */
  typed: Record<string, string>
  isSending: Ref<boolean>
  /** General sentence, '' when there is none. */
  problem: Ref<string>
  /** Sentence by field name. */
  fieldErrors: Record<string, string>
  /** Runs `action`; on refusal shows why and moves focus to the summary. True when it worked. */
  submit(action: () => Promise<void>): Promise<boolean>
}

export function useForm(summaryId: string): FormState {
  const { form } = usePage()
  // Sent without script and refused: the page begins where the reader left off.
  const sent = form?.id === summaryId ? form : null
  const isSending = ref(false)
  const problem = ref(sent?.problem ?? '')
  const fieldErrors = reactive<Record<string, string>>(sent !== null && sent.field !== '' ? { [sent.field]: sent.problem } : {})
  const errorText = useErrorText()
  return {
    typed: sent?.values ?? {},
    isSending,
    problem,
    fieldErrors,
    async submit(action) {
      if (isSending.value) return false
      isSending.value = true
      problem.value = ''
      Object.keys(fieldErrors).forEach((name) => delete fieldErrors[name])
      try {
        await action()
        return true
      } catch (error) {
        problem.value = errorText(error)
        Object.assign(fieldErrors, failureOf(error).fields)
        await nextTick()
        document.getElementById(summaryId)?.focus()
        return false
      } finally {
        isSending.value = false
      }
    }
  }
}
