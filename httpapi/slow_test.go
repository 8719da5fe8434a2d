package httpapi

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TestSlowClients: whoever sends a header or a body too slowly, or not at all, loses the connection.
func TestSlowClients(t *testing.T) {
	s := newServer(t, Options{})
	s.api.bodyTimeout = 200 * time.Millisecond
	h := NewServer("", s.api)
	h.ReadHeaderTimeout = 200 * time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- h.Serve(listener) }()
	defer func() { h.Close(); <-done }()

	f := func(name, sent, status string) {
		t.Helper()
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, sent)
		got, err := io.ReadAll(conn)
		if err != nil || !strings.Contains(string(got), status) {
			t.Errorf("%s: %v, %.200q", name, err, got)
		}
	}
	head := "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
	f("nothing", "", "")
	f("half a header", head, "")
	f("half a body", head+"Authorization: Bearer "+s.token+"\r\n\r\n{", "HTTP/1.1 400")
	f("no body, and no reader for it", head+"\r\n", "HTTP/1.1 401")
	f("a body where none is wanted", strings.Replace(head, "POST /api/v1/events", "GET /healthz", 1)+"\r\n", "HTTP/1.1 200")
	f("a large header", "GET /healthz HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 1<<20)+"\r\n\r\n", "HTTP/1.1 431")
}
