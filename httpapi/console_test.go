package httpapi

import "testing"

// TestConsoleInBrowser: the list opens in a browser without a complaint.
func TestConsoleInBrowser(t *testing.T) {
	s := newServer(t, Options{})
	s.post(t, `[{"id":"e1","action":"API service.create","time":"2026-11-23T08:00:00Z","actor":{"name":"amy"},"result":"success"}]`)
	w := s.window(t, look{})
	w.open("/events")
	if got := w.texts("#events tbody tr"); len(got) != 1 {
		t.Errorf("rows %q", got)
	}
	w.accessible()
}
