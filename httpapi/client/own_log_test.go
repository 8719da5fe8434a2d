package client_test

import (
	"os"
	"path/filepath"
	"testing"
)

// testOwnLog: what was asked of a server, changed and refused is found in its own log after a restart, and in no ordinary search.
func testOwnLog(t *testing.T, program string) {
	s := script{t: t, program: program, dir: t.TempDir(), kept: map[string]string{}}
	event := `{"id":"o1","time":"2026-11-23T07:00:01Z","actor":{"name":"amy"},"action":"order.create"}`
	if err := os.WriteFile(filepath.Join(s.dir, "orders.ndjson"), []byte(event+"\n"+`{"id":"o2","time":"2026-11-23T07:00:02Z","action":"x","operation":"dance"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stop := s.serve("--retention", "90d")
	s.run(`
annals import --quiet --format native orders.ndjson
status 1
annals search user:amy
annals search user:amy
annals get o1
annals export -o all.csv user:amy
annals verify --quiet
annals token create --name shipper --role writer --tenant acme
keep WRITER 1
annals search --token ${WRITER}
status 1
annals search --token wrong
status 1`)
	stop()
	s.serve()
	s.run(`
annals search --json
lines 1
annals search --json tenant:_annals action:server.start
out "retention":"90d"
annals search --json tenant:_annals action:server.stop
lines 1
annals search --json tenant:_annals action:event.search user:admin.token
lines 2
out "query":"user:amy"
annals search --json tenant:_annals action:event.view
lines 1
out "id":"o1"
annals search --json tenant:_annals action:event.export
out "rows":1,"finished":true
annals search --json tenant:_annals action:log.verify,token.create result:success
lines 2
annals search --json tenant:_annals action:access.refused details.reason:forbidden user:shipper
lines 1
annals search --json tenant:_annals action:access.refused details.reason:unauthorized
lines 1
annals search --json tenant:_annals action:write.refused details.reason:invalid
out "field":"operation"
annals search --json tenant:_annals annals_
no annals_${WRITER}
annals verify --quiet`)
}
