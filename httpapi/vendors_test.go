package httpapi

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// TestVendorsToldFarTimes: who asks until the end of time cannot keep the server's own log from saying what was asked.
func TestVendorsToldFarTimes(t *testing.T) {
	s := newOwnServer(t, Options{})
	s.post(t, `{"tenant":"acme","action":"Created"}`)
	portal, enos, flashduty := newPortalClient(t, s.server, ofAcme), s.enosKey(t, testNow, "reader:acme"), s.flashdutyKey(t, "reader:acme")
	portal.do(t, portal.get(t, "/acme/tenant-admin/1.0/audits?endTs=9223372036854775807"))
	portal.do(t, portal.get(t, "/acme/tenant-admin/1.0/audits/export?startTs=9223372036854775807&endTs=9223372036854775807"))
	s.enos(t, enos, "POST", enosQuery+"acme", `{"startTime":0,"endTime":253402300799999}`)
	s.flashduty(t, "/audit/search", flashduty, `{"start_time":253402300700,"end_time":253402300799,"request_id":"x"}`)
	var got []string
	for _, e := range s.told(t) {
		if e.Action == "event.search" || e.Action == "event.export" {
			got = append(got, fmt.Sprintf("%s %s %s %t", e.Source.Channel, e.Action, e.details.Query, e.details.To.After(testNow.Add(time.Hour))))
		}
	}
	want := []string{`layer7 event.search tenant:"acme" true`, `layer7 event.export tenant:"acme" true`, `enos event.search tenant:"acme" true`, `flashduty event.search id:"x" true`}
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}
