package record

import (
	"strings"

	"annals/engine"
)

// maxDigestBytes keeps a description to what fits a line.
const maxDigestBytes = 200

// Digest describes an event whose source has no words for it: its action, and the names of what it was done to.
func Digest(e *engine.Event) string {
	var names []string
	for _, r := range e.Resources {
		if name := First(r.Name, r.ID); name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return Cut(e.Action, maxDigestBytes)
	}
	return Cut(e.Action+": "+strings.Join(names, ", "), maxDigestBytes)
}

// First returns the first of the texts that is not empty.
func First(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// Email returns s if it looks like an e-mail address, else "".
func Email(s string) string {
	if i := strings.IndexByte(s, '@'); i > 0 && i < len(s)-1 && !strings.ContainsAny(s, " \t<>:/\\|") {
		return s
	}
	return ""
}
