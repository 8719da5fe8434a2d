package httpapi

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// compressedTypes are answers that are written whole. Streams are not among them: a compressor would hold back what a client waits for.
var compressedTypes = []string{"text/html", "text/css", "text/javascript", "image/svg+xml", "application/json", "application/problem+json"}

// compress is for the console's pages and files. A compressed answer's length tells of what is in it (BREACH): to who can both put text into a page
// and watch its length, it would tell a secret on the same page letter by letter. Pages have no secret but what a session's forms carry, and their
// lengths vary at random by more than a letter makes.
var compress = func() func(http.Handler) http.HandlerFunc {
	wrap, err := gzhttp.NewWrapper(gzhttp.ContentTypes(compressedTypes), gzhttp.RandomJitter(64, 0, false))
	if err != nil {
		panic(err) // the options are wrong
	}
	return wrap
}()
