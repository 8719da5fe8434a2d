package reply

import (
	"io"
	"net/http"
	"time"
)

// ReadBody returns the whole body of a request, for rooms that take none of more than the limit. A larger one is an *http.MaxBytesError; any other
// error says that the body did not come to its end.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		return nil, err
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // it is all here: what follows may take as long as it takes
	return body, nil
}
