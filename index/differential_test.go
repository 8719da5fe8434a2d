package index_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"annals/engine"
	"annals/engine/enginetest"
	"annals/index"
)

// differential is a log with an index beside a model that answers by looking at every event.
type differential struct {
	t     *testing.T
	o     engine.Options
	log   *engine.Log
	model enginetest.Model
	maker *enginetest.Maker

	arriving bool // events arrive meanwhile
}

// TestDifferential does random things to a log with an index and holds every answer against the model's.
func TestDifferential(t *testing.T) {
	seeds, steps := 4, 30
	if testing.Short() {
		seeds, steps = 2, 20
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d := &differential{t: t, maker: enginetest.NewMaker("d", uint64(seed))}
			d.o = engine.Options{Dir: t.TempDir(), WindowEvents: 256 << (seed % 2), Logger: enginetest.Quiet, MinFreeBytes: 1}
			d.open()
			defer func() { d.close() }()
			for range steps {
				d.step()
			}
			for range 3 {
				d.append(50)
				d.waitIndexed()
				d.restart(d.damageIndex)
			}
			enginetest.Verify(t, d.log)
		})
	}
}

func (d *differential) open() {
	d.t.Helper()
	o := d.o
	o.Index = index.New(index.Options{Logger: enginetest.Quiet})
	var err error
	if d.log, err = engine.Open(o); err != nil {
		d.t.Fatalf("open: %v", err)
	}
	if err := d.log.Ready(); err != nil {
		d.t.Fatalf("ready: %v", err)
	}
}

func (d *differential) close() {
	d.t.Helper()
	if err := d.log.Close(); err != nil {
		d.t.Errorf("close: %v", err)
	}
}

func (d *differential) step() {
	d.t.Helper()
	switch d.maker.IntN(14) {
	case 0:
		d.restart(func(string) {})
	case 1:
		d.restart(d.deleteIndex)
	case 2:
		d.restart(d.damageIndex)
	case 3:
		d.waitIndexed()
	case 4:
		d.reindex()
	case 5:
		d.whileEventsArrive(func() { d.ask(2) })
	case 6:
		d.whileEventsArrive(d.reindex)
	case 7, 8:
		d.ask(2)
	case 9:
		d.appendAgain()
	default:
		d.append(1 + d.maker.IntN(enginetest.Pick(d.maker.Rand, 3, 40, 300)))
	}
}

func (d *differential) append(n int) {
	d.t.Helper()
	events := d.maker.Events(n)
	enginetest.Append(d.t, d.log, events...)
	d.model.Add(events...)
}

// appendAgain sends events that are there already, the same and with other content, between new ones.
func (d *differential) appendAgain() {
	d.t.Helper()
	if len(d.model.Events) == 0 {
		return
	}
	var batch []*engine.Event
	var want []engine.Status
	for range 20 {
		e := enginetest.Again(d.model.Events[d.maker.IntN(len(d.model.Events))])
		switch d.maker.IntN(3) {
		case 0:
			want = append(want, engine.Duplicate)
		case 1:
			e.Description += "!"
			want = append(want, engine.Conflict)
		case 2:
			e = d.maker.Event()
			want = append(want, engine.Created)
		}
		batch = append(batch, e)
	}
	outcomes, err := d.log.Append(context.Background(), batch)
	if err != nil {
		d.t.Fatal(err)
	}
	for i, o := range outcomes {
		if o.Status != want[i] || o.Status == engine.Conflict && !errors.Is(o.Err, engine.ErrConflict) {
			d.t.Fatalf("append %q again: %s (%v), want %s", o.ID, o.Status, o.Err, want[i])
		}
		if o.Status == engine.Created {
			d.model.Add(batch[i])
		}
	}
}

// ask compares the answers to n random queries.
func (d *differential) ask(n int) {
	d.t.Helper()
	for range n {
		q := d.maker.Ask(d.model.Events)
		if d.arriving && (q.To.IsZero() || q.To.After(future)) {
			q.To = future
			if q.From.After(future) {
				q.From = time.Time{}
			}
		}
		d.model.Check(d.t, d.log, q)
	}
}

// future is before every event that arrives while questions are asked: answers that end here are determined.
var future = enginetest.Day.AddDate(1, 0, 0)

// whileEventsArrive runs fn while another goroutine appends.
func (d *differential) whileEventsArrive(fn func()) {
	d.t.Helper()
	late := enginetest.NewMaker(fmt.Sprint("late", len(d.model.Events)), d.maker.Uint64()).From(future)
	stop := make(chan struct{})
	var arrived []*engine.Event
	var wg sync.WaitGroup
	wg.Go(func() {
		for len(arrived) < 400 {
			select {
			case <-stop:
				return
			default:
			}
			events := late.Events(1 + late.IntN(20))
			outcomes, err := d.log.Append(context.Background(), events)
			if err != nil {
				d.t.Errorf("append meanwhile: %v", err)
				return
			}
			for _, o := range outcomes {
				if o.Status != engine.Created {
					d.t.Errorf("append %q meanwhile: %s %v", o.ID, o.Status, o.Err)
				}
			}
			arrived = append(arrived, events...)
		}
	})
	d.arriving = true
	fn()
	d.arriving = false
	close(stop)
	wg.Wait()
	d.model.Add(arrived...)
}

func (d *differential) waitIndexed() {
	d.t.Helper()
	if err := d.log.WaitIndexed(context.Background()); err != nil {
		d.t.Fatal(err)
	}
	if s := d.log.Stats(); s.Lag != 0 {
		d.t.Fatalf("the index lacks %d events after WaitIndexed", s.Lag)
	}
}

// reindex feeds one window or all again, and asks meanwhile.
func (d *differential) reindex() {
	d.t.Helper()
	var seq *uint64
	if size := d.log.Size(); size > 0 && d.maker.IntN(2) == 0 {
		seq = new(uint64)
		*seq = d.maker.Uint64N(size)
	}
	done := make(chan error, 1)
	go func() { done <- d.log.Reindex(context.Background(), seq) }()
	d.ask(1)
	if err := <-done; err != nil {
		d.t.Fatalf("reindex: %v", err)
	}
	d.ask(1)
}

// restart closes the log, lets damage have the directories of its index, opens it again and asks before the index has caught up.
func (d *differential) restart(damage func(dir string)) {
	d.t.Helper()
	if d.maker.IntN(2) == 0 {
		d.waitIndexed()
	}
	d.close()
	dirs, err := filepath.Glob(filepath.Join(d.o.Dir, "windows", "*", "index"))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, dir := range dirs {
		damage(dir)
	}
	d.open()
	d.ask(2)
}

func (d *differential) deleteIndex(dir string) {
	if d.maker.IntN(2) == 0 {
		d.must(os.RemoveAll(dir))
	}
}

// damageIndex flips bits of, cuts off or removes some of the files.
func (d *differential) damageIndex(dir string) {
	d.must(filepath.WalkDir(dir, func(path string, f fs.DirEntry, err error) error {
		if err != nil || f.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || len(data) == 0 {
			return err
		}
		switch d.maker.IntN(5) {
		case 0:
			for range 1 + d.maker.IntN(60) {
				data[d.maker.IntN(len(data))] ^= 1 << d.maker.IntN(8)
			}
			return os.WriteFile(path, data, 0o600)
		case 1:
			return os.Truncate(path, int64(d.maker.IntN(len(data))))
		case 2:
			return os.Remove(path)
		}
		return nil
	}))
}

func (d *differential) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}
