import type { ReactNode } from "react"
import { useId } from "react"

/** One subject of the options: a titled box. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  )
}

interface ChoiceProps<Value> {
  readonly label: string
  readonly value: Value
  readonly choices: readonly (readonly [value: Value, text: string])[]
  readonly onChoose: (value: Value) => void
}

/** One of a few, all in sight. */
export function Radios<Value extends string>({ label, value, choices, onChoose }: ChoiceProps<Value>) {
  const id = useId()
  return (
    <fieldset>
      <legend>{label}</legend>
      {choices.map(([each, text]) => (
        <label key={each} className="choice">
          <input type="radio" name={id} checked={value === each} onChange={() => onChoose(each)} />
          {text}
        </label>
      ))}
    </fieldset>
  )
}

/** One of several, in a list that opens. */
export function Select<Value extends string | number>({ label, value, choices, onChoose }: ChoiceProps<Value>) {
  const choose = (text: string) => {
    const found = choices.find(([each]) => String(each) === text)
    if (found) onChoose(found[0])
  }
  return (
    <label className="field">
      <span>{label}</span>
      <select value={String(value)} onChange={(event) => choose(event.currentTarget.value)}>
        {choices.map(([each, text]) => (
          <option key={each} value={String(each)}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

interface ToggleProps {
  readonly label: string
  readonly hint?: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
}

export function Toggle({ label, hint, checked, onChange }: ToggleProps) {
  const id = useId()
  return (
    <div className="choice">
      <label>
        <input
          type="checkbox"
          checked={checked}
          onChange={(event) => onChange(event.currentTarget.checked)}
          aria-describedby={hint ? id : undefined}
        />
        {label}
      </label>
      {hint && (
        <p className="quiet" id={id}>
          {hint}
        </p>
      )}
    </div>
  )
}
