package reply

import (
	"io"
	"net/http"
	"time"
)

// writePatience is how long one write of a long answer may wait for a client that does not read.
const writePatience = 30 * time.Second

// Patient returns a writer for a long answer: it gives a slow client time, as long as the client goes on reading.
func Patient(w http.ResponseWriter) io.Writer {
	return patientWriter{w, http.NewResponseController(w)}
}

type patientWriter struct {
	w       io.Writer
	control *http.ResponseController
}

func (p patientWriter) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(writePatience)) // a writer without deadlines has no slow client
	return p.w.Write(b)
}
