package engine

import (
	"testing"
	"time"
)

var benchLine = []byte(`{"id":"019b2f60-1c80-7000-8a5b-0123456789ab","time":"2026-10-12T07:00:00.123456Z","tenant":"acme","actor":{"id":"u001234","name":"amelia.fischer1234","email":"amelia.fischer1234@example.com","type":"member"},"action":"API service.create","operation":"create","result":"failure","error":{"code":"409","message":"upstream rejected the request: name taken"},"project":{"id":"p017","name":"shop-frontend-17"},"module":"API management","resources":[{"type":"API","id":"r-93fa82bc01de77aa","name":"orders-93fa"}],"description":"API service{orders-93fa} creation","source":{"ip":"10.12.3.9","user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Safari/537.36","channel":"console"},"write":true,"details":{"request_id":"c89873aabbccdd01","protocol":"https","version":"v1","region":"eu-central-1","duration_ms":123}}`)

func BenchmarkDecode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeEvent(benchLine); err != nil {
			b.Fatal(err)
		}
	}
}
func BenchmarkPrepare(b *testing.B) {
	e, _ := DecodeEvent(benchLine)
	now := time.Now()
	var contents []byte
	b.ReportAllocs()
	for b.Loop() {
		c := *e
		contents = contents[:0]
		if err := new(pending).prepare(&c, now, outside, &contents); err != nil {
			b.Fatal(err)
		}
	}
}
func BenchmarkStoredDecode(b *testing.B) {
	e, _ := DecodeEvent(benchLine)
	var p pending
	var contents []byte
	if err := p.prepare(e, time.Now(), outside, &contents); err != nil {
		b.Fatal(err)
	}
	key := appendEventKey(nil, e.Time, e.ID, e.Tenant)
	v := appendStored(nil, 1, 5, p.body)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeStored(key, v); err != nil {
			b.Fatal(err)
		}
	}
}
