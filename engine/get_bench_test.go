package engine_test

import (
	"context"
	"fmt"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/index"
)

// BenchmarkGet finds events by their ID in twenty windows, for someone who sees all tenants.
func BenchmarkGet(b *testing.B) {
	const events = 80_000
	for _, tenants := range []int{1, 10_000} {
		l := enginetest.OpenLog(b, engine.Options{Dir: b.TempDir(), WindowEvents: 4096, Index: index.New(index.Options{Logger: enginetest.Quiet})})
		id := func(n int) string { return usualEvent(n).ID }
		for n := 0; n < events; {
			batch := make([]*engine.Event, 1000)
			for i := range batch {
				batch[i] = usualEvent(n)
				batch[i].Tenant = fmt.Sprintf("tenant-%d", n%tenants)
				n++
			}
			enginetest.Append(b, l, batch...)
		}
		if err := l.WaitIndexed(context.Background()); err != nil {
			b.Fatal(err)
		}
		n := 0
		b.Run(fmt.Sprintf("get, tenants=%d", tenants), func(b *testing.B) {
			for b.Loop() {
				n += 7919
				if _, err := l.Get(context.Background(), all, id(n%events)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("search, tenants=%d", tenants), func(b *testing.B) {
			for b.Loop() {
				n += 7919
				q := engine.Query{Tenants: all, Where: engine.Field{Name: "id", Values: []engine.Value{{Text: id(n % events)}}}}
				if r, err := l.Search(context.Background(), q); err != nil || len(r.Events) != 1 {
					b.Fatal(r, err)
				}
			}
		})
		b.Run(fmt.Sprintf("tenants, tenants=%d", tenants), func(b *testing.B) {
			for b.Loop() {
				if len(l.Tenants()) != tenants {
					b.Fatal("wrong number of tenants")
				}
			}
		})
	}
}
