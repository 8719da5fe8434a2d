package enginetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"annals/engine"

	"github.com/cespare/xxhash/v2"
	"github.com/go-json-experiment/json/jsontext"
)

// Day is when made events begin. It lies in the past of any clock that runs a test.
var Day = time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)

// Maker makes events from a seed: most are what products send, the rest what an attacker would. One goroutine at a time.
type Maker struct {
	*rand.Rand
	name string
	n    int
	last time.Time
}

// NewMaker returns a maker. Makers of different names or seeds never make the same ID.
func NewMaker(name string, seed uint64) *Maker {
	return &Maker{Rand: rand.New(rand.NewPCG(seed, xxhash.Sum64String(name))), name: name, last: Day}
}

// Pick returns one of the values.
func Pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

var (
	tenants  = []string{"acme", "beta", "Acme", "gamma GmbH", "项目甲", "t-1", "t-2", "t-3", "t-4", ""}
	modules  = []string{"API management", "IAM", "billing", "网关", "dns", ""}
	actions  = []string{"API service.create", "ConsoleLogin", "PutObject", "删除密钥", "sudo", "users.patch", "RunInstances"}
	people   = []string{"amy", "Amy", "ＡＭＹ", "bob", "carol@x.test", "王伟", "zoë", "zoe\u0301", "محمد", "דנה", ""}
	projects = []string{"shop", "Shop", "p-17", "支付", ""}
	types    = []string{"API", "api", "bucket", "VM", "key", ""}
	agents   = []string{"curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0", "aws-cli/2.15", ""}
	channels = []string{"console", "api", "cli", ""}
	sources  = []string{"10.0.0.9", "10.1.2.3", "::ffff:10.0.0.9", "172.16.5.4", "2001:DB8:0:0::1", "fe80::1%eth0", "lambda.amazonaws.com", ""}
	errs     = []string{"quota exceeded", "connection reset by peer", "timeout after 30s", "权限不足", "AccessDenied", "name taken"}

	words = []string{
		"timeout", "Timeout", "ＴＩＭＥＯＵＴ", "connection", "reset", "quota", "service", "creation", "用户登录", "创建成功", "中文字", "カタカナ", "ｶﾞｷﾞ",
		"サーバー", "한국어", "ภาษาไทย", "مرحبا", "\u202eevil\u202c", "שלום", "😀", "👩‍👩‍👧", "❤️", "x.y_z@host/path", "a-b:c\\d", "10.0.0.9", "0198f6",
		"０１２", "naïve", "nai\u0308ve", "ß", "İ", "null", "-", `"`, "*", "(", "<script>", "' OR 1=1", "\x00", "x\x1fy", "\u2028",
	}
	longWords = []string{
		strings.Repeat("long", 60), strings.Repeat("長い", 90), strings.Repeat("a.b", 100), strings.Repeat("é", 140), strings.Repeat("k", 4000),
	}
	numbers = []string{"0", "-0", "1.50", "1E5", "1e400", "-1.0e-9", "123456789012345678901234567890", "0.1", "9007199254740993"}
)

// Event makes one event. Its ID is new.
func (m *Maker) Event() *engine.Event {
	m.n++
	e := &engine.Event{
		ID: m.id(), Time: m.time(), Tenant: Pick(m.Rand, tenants...), Actor: engine.Actor{Name: Pick(m.Rand, people...)},
		Action: Pick(m.Rand, actions...), Operation: Pick(m.Rand, engine.Operations...), Module: Pick(m.Rand, modules...),
		Project: engine.Ref{Name: Pick(m.Rand, projects...)}, Description: m.Text(6),
		Source: engine.Source{IP: Pick(m.Rand, sources...), UserAgent: Pick(m.Rand, agents...), Channel: Pick(m.Rand, channels...)},
	}
	for range m.IntN(3) {
		e.Resources = append(e.Resources, engine.Resource{Type: Pick(m.Rand, types...), ID: m.uuid(), Name: m.Text(1)})
	}
	if m.IntN(4) == 0 {
		e.Result, e.Error = engine.Failure, &engine.EventError{Code: fmt.Sprint(400 + m.IntN(5)), Message: Pick(m.Rand, errs...)}
	}
	if m.IntN(3) == 0 {
		e.Actor.ID, e.Actor.Email = fmt.Sprintf("u%d", m.IntN(40)), fmt.Sprintf("u%d@x.test", m.IntN(40))
	}
	switch m.IntN(8) {
	case 0:
		e.Dangerous = true
	case 1:
		write := m.IntN(2) == 0
		e.Write = &write
	case 2:
		e.Actor.ID = Pick(m.Rand, "7", "007", "4503599627370497", "18446744073709551615")
	}
	if m.IntN(2) == 0 {
		e.Details = m.Object(3)
	}
	if m.IntN(20) == 0 {
		m.twist(e)
	}
	return e
}

// Events makes n events.
func (m *Maker) Events(n int) []*engine.Event {
	events := make([]*engine.Event, n)
	for i := range events {
		events[i] = m.Event()
	}
	return events
}

// From moves the maker to a time: no event that it makes from here on lies before.
func (m *Maker) From(t time.Time) *Maker {
	m.last = t
	return m
}

// time goes on in small steps; many times are equal, some late, a few from the beginning of time.
func (m *Maker) time() time.Time {
	if m.IntN(3) == 0 {
		m.last = m.last.Add(time.Duration(m.IntN(5_000_000)) * time.Microsecond)
	}
	if m.last.Before(Day.AddDate(1, 0, 0)) {
		switch m.IntN(40) {
		case 0:
			return Day
		case 1, 2:
			return Day.Add(time.Duration(m.Int64N(int64(m.last.Sub(Day)) + 1)))
		case 3:
			return time.Unix(0, m.Int64N(3)).UTC()
		}
	}
	return m.last
}

// id makes one of the shapes that IDs come in.
func (m *Maker) id() string {
	switch m.IntN(5) {
	case 0:
		return fmt.Sprintf("%s-%d-%x", m.name, m.n, m.Uint32())
	case 1:
		return fmt.Sprintf("%016x%016x", m.Uint64(), m.Uint64())
	case 2:
		return fmt.Sprintf("事件/%s %d😀%x", m.name, m.n, m.Uint32())
	case 3:
		return strings.ToUpper(m.uuid())
	}
	return m.uuid()
}

func (m *Maker) uuid() string {
	a, b := m.Uint64(), m.Uint64()
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&(1<<48-1))
}

// twist makes an event hostile.
func (m *Maker) twist(e *engine.Event) {
	switch m.IntN(5) {
	case 0:
		e.Description = Pick(m.Rand, longWords...) + " " + m.Text(3)
	case 1:
		e.Action, e.Module = m.Text(3)+"x", m.Text(4)
	case 2:
		e.ID = fmt.Sprintf("%s-%d-%x-%s", m.name, m.n, m.Uint32(), strings.Repeat("长", 25))
	case 3:
		for range 40 {
			e.Resources = append(e.Resources, engine.Resource{Type: m.Text(1), ID: m.Text(2), Name: m.Text(1), Content: m.Text(5)})
		}
	case 4:
		e.Details = jsontext.Value(strings.Repeat(`{"d":`, 30) + `"deep"` + strings.Repeat("}", 30))
	}
}

// Text makes up to most words of random text.
func (m *Maker) Text(most int) string {
	var b strings.Builder
	for range m.IntN(most + 1) {
		b.WriteString(Pick(m.Rand, words...))
		b.WriteString(Pick(m.Rand, "", " ", " ", " ", ".", "/", ", ", "　"))
	}
	return b.String()
}

// Object makes a JSON object with nested values and numbers of odd spelling.
func (m *Maker) Object(deep int) jsontext.Value {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range []string{"request_id", "B", "b.c", "", "键"} {
		if m.IntN(2) == 0 {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s : %s", quote(fmt.Sprint(name, Pick(m.Rand, "", "", fmt.Sprint(i)))), m.value(deep-1))
	}
	b.WriteByte('}')
	return b.Bytes()
}

func (m *Maker) value(deep int) string {
	switch n := m.IntN(8); {
	case n == 0 && deep > 0:
		return string(m.Object(deep))
	case n == 1 && deep > 0:
		return "[" + m.value(deep-1) + ", " + m.value(deep-1) + "]"
	case n == 2:
		return Pick(m.Rand, "true", "false", "null", "[]", "{}")
	case n == 3:
		return Pick(m.Rand, numbers...)
	case n == 4:
		return quote(fmt.Sprintf("c%d", m.IntN(50)))
	}
	return quote(m.Text(2))
}

func quote(s string) string {
	b, _ := jsontext.AppendQuote(nil, s) // the words are valid UTF-8
	return string(b)
}

// Again returns the event as its sender would send it once more.
func Again(e *engine.Event) *engine.Event {
	c := *e
	c.Seq, c.Received = 0, time.Time{}
	c.Details = bytes.Clone(e.Details)
	c.Resources = append([]engine.Resource(nil), e.Resources...)
	return &c
}
