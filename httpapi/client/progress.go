package client

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// progress shows on stderr how far a long command has come: a bar that is redrawn on a terminal, a line every few seconds elsewhere.
type progress struct {
	out     screen
	quiet   bool
	total   int64 // bytes to read, or records to come; 0 when not known
	started time.Time
	done    atomic.Int64 // of total
	counted atomic.Int64 // events
	ended   chan struct{}
	ticking sync.WaitGroup

	mu    sync.Mutex // guards what follows and the terminal's line
	name  string
	noted time.Time
}

const (
	barEvery  = 200 * time.Millisecond
	lineEvery = 5 * time.Second
)

func newProgress(env *Env, total int64, quiet bool) *progress {
	p := &progress{out: env.screen(env.Stderr), total: total, quiet: quiet, started: time.Now(), ended: make(chan struct{})}
	if !quiet {
		p.ticking.Go(p.tick)
	}
	return p
}

func (p *progress) tick() {
	every := lineEvery
	if p.out.width > 0 {
		every = barEvery
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.show()
		case <-p.ended:
			return
		}
	}
}

// stop ends the showing and clears the bar.
func (p *progress) stop() {
	close(p.ended)
	p.ticking.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *progress) clear() {
	if p.out.width > 0 && !p.quiet {
		fmt.Fprint(p.out.w, "\r\x1b[K")
	}
}

// file says which file is being read.
func (p *progress) file(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.name = filepath.Base(name)
}

// note prints a line of its own, even when the progress is not shown, but at most one every few seconds.
func (p *progress) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.noted) < lineEvery {
		return
	}
	p.noted = time.Now()
	p.clear()
	fmt.Fprintln(p.out.w, visible(text))
}

func (p *progress) events(n int) { p.counted.Add(int64(n)) }

// set says how much of how much is done.
func (p *progress) set(done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = total
	p.done.Store(done)
	p.counted.Store(done)
}

// reader counts the bytes that are read.
func (p *progress) reader(r io.Reader) io.Reader { return &countingReader{r, &p.done} }

type countingReader struct {
	r io.Reader
	n *atomic.Int64
}

// Read implements io.Reader.
func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	return n, err
}

func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	took := time.Since(p.started)
	text := p.text(took)
	if p.out.width == 0 {
		fmt.Fprintln(p.out.w, strings.Join(strings.Fields(text), " "))
		return
	}
	fmt.Fprint(p.out.w, "\r\x1b[K"+strings.TrimRight(fit(text, p.out.width-1), " "))
}

// text is one line: the bar, events and their rate, the time left, the file.
func (p *progress) text(took time.Duration) string {
	done, counted := p.done.Load(), p.counted.Load()
	var b strings.Builder
	if p.total > 0 {
		part := min(1, float64(done)/float64(p.total))
		if p.out.width > 0 {
			const room = 20
			fmt.Fprintf(&b, "[%s] ", fit(strings.Repeat("█", int(part*room)), room))
		}
		fmt.Fprintf(&b, "%3.0f %%  ", 100*part)
	}
	fmt.Fprintf(&b, "%s events  %s/s", grouped(uint64(counted)), grouped(uint64(float64(counted)/max(took.Seconds(), 0.001))))
	if p.total > 0 && done > 0 && done < p.total {
		left := time.Duration(float64(took) * float64(p.total-done) / float64(done))
		fmt.Fprintf(&b, "  %s left", left.Round(time.Second))
	}
	if p.name != "" {
		fmt.Fprintf(&b, "  %s", visible(p.name))
	}
	return b.String()
}
