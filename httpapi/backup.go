package httpapi

import (
	"fmt"
	"io"
	"net/http"
	"strconv"

	"annals/engine"
	"annals/httpapi/reply"
)

// backup answers GET /api/v1/backup with the whole log, of every tenant, and the records. A failure midway cuts the connection, and what
// was sent lacks its end: it is refused by every reader of backups.
func (a *API) backup(w http.ResponseWriter, r *http.Request) error {
	withKey, err := truthOf(r, "with_key")
	if err != nil {
		return err
	}
	out := &backupWriter{w: w, to: reply.Patient(w),
		name: "annals-" + a.now().UTC().Format("20060102T150405Z") + ".backup"}
	err = a.log.Backup(r.Context(), out, engine.BackupOptions{WithKey: withKey, Progress: func(done, total uint64) {
		out.done, out.total = done, total
	}})
	if out.begun {
		noteOf(r.Context()).sent(out.done, out.total, err == nil)
	}
	if err == nil || !out.begun {
		return err
	}
	reply.Fill(r, fmt.Errorf("after %d of %d events: %w", out.done, out.total, err))
	panic(http.ErrAbortHandler)
}

// truthOf reads a parameter that is true or false, which it also is when absent.
func truthOf(r *http.Request, name string) (bool, error) {
	switch text := r.URL.Query().Get(name); text {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, reply.BadParameter(name, "%s is %q, it must be true or false", name, text)
	}
}

// backupWriter sends the header with the first bytes, so that a backup that cannot begin is answered like any other failure.
type backupWriter struct {
	w           http.ResponseWriter
	to          io.Writer
	name        string // of the file
	begun       bool
	done, total uint64 // events
}

func (b *backupWriter) Write(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		h := b.w.Header()
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", `attachment; filename="`+b.name+`"`)
		h.Set("X-Total-Count", strconv.FormatUint(b.total, 10))
	}
	return b.to.Write(p)
}
