package engine_test

import (
	"context"
	"fmt"
	"testing"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/index"
)

// BenchmarkFacets counts half a million events in eight windows by columns of few, of many and of nothing but different values.
func BenchmarkFacets(b *testing.B) {
	const events = 1 << 19
	l := enginetest.OpenLog(b, engine.Options{Dir: b.TempDir(), WindowEvents: 1 << 16, Index: index.New(index.Options{Logger: enginetest.Quiet})})
	for n := 0; n < events; {
		batch := make([]*engine.Event, 2048)
		for i := range batch {
			batch[i] = usualEvent(n)
			batch[i].Actor = engine.Actor{Name: fmt.Sprintf("user-%06d", n*7919%events)}
			n++
		}
		enginetest.Append(b, l, batch...)
	}
	if err := l.WaitIndexed(context.Background()); err != nil {
		b.Fatal(err)
	}
	for _, column := range []string{"result", "project", "ip", "user"} {
		b.Run(column, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, total, err := l.Facets(context.Background(), engine.Query{Tenants: all}, []string{column}, 10); err != nil || total != events {
					b.Fatal(total, err)
				}
			}
		})
	}
}
