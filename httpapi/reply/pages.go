package reply

import (
	"context"
	"net/http"
	"time"
)

// ShowFunc answers with a page about a problem. Where it fails, nothing has been answered yet.
type ShowFunc func(http.ResponseWriter, *http.Request, *Problem) error

type showKey struct{}

// WithPages has Error answer the request behind ctx with a page, for somebody who looks at it, in the place of a problem document.
func WithPages(ctx context.Context, show ShowFunc) context.Context {
	return context.WithValue(ctx, showKey{}, show)
}

func showOf(ctx context.Context) ShowFunc {
	show, _ := ctx.Value(showKey{}).(ShowFunc)
	return show
}

// RetryAfter is how long to wait before the request is made again; 0: nothing is said of it.
func (p *Problem) RetryAfter() time.Duration { return p.retryAfter }
