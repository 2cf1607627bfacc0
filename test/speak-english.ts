import { ENGLISH } from "~src/ui/english"
import { speak } from "~src/ui/i18n"

// Components and drawings under test say what an English browser would show.
speak(ENGLISH)
