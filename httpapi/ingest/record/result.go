package record

import (
	"strings"

	"annals/engine"
)

// Failed returns the result and error of a failure, and success without an error where there is neither code nor message.
func Failed(code, message string) (string, *engine.EventError) {
	if code == "" && message == "" {
		return engine.Success, nil
	}
	return engine.Failure, &engine.EventError{Code: code, Message: strings.TrimSpace(message)}
}
