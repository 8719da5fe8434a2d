package reply

import (
	"fmt"
	"net/http"
	"runtime/debug"
)

// Caught runs do and makes a panic an error, for who answers errors in words of its own. The panic that cuts the connection stays one.
func Caught(do func() error) (err error) {
	defer func() {
		p := recover()
		if p == http.ErrAbortHandler {
			panic(p)
		}
		if p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}
