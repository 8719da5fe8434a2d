package engine

import (
	"strconv"
	"strings"
	"testing"
)

// TestNumber: these numbers are in indexes and in what clients keep. A change of any of them is a mistake.
func TestNumber(t *testing.T) {
	f := func(of, name string, want uint64) {
		t.Helper()
		if got := Number(of, name); got != want {
			t.Errorf("%s %q: %d, want %d", of, name, got, want)
		}
	}
	f("id", "", 0)
	f("id", "7", 7)
	f("id", "2476444212131", 2476444212131)
	f("id", "4503599627370495", 4503599627370495) // the last below the hashed ones
	f("id", "9007199254740992", 9007199254740992) // the first above
	f("id", "18446744073709551615", 18446744073709551615)
	f("tenant", "7", 7)
	f("id", "amy", 6963881557647967)
	f("id", "4503599627370496", 5623900853180099)
	f("tenant", "acme", 6197708992975273)
}

// TestNumberHashed: what is no plain number, or one where the hashed ones are, is hashed: as what it is the name of, and letter by letter.
func TestNumberHashed(t *testing.T) {
	seen := map[uint64]string{}
	for _, of := range []string{"id", "tenant"} {
		for _, name := range []string{"0", "007", "+7", "-7", " 7", "7.0", "７", "amy", "Amy", "amy\x1f", "4503599627370496", "9007199254740991",
			"18446744073709551616", "99999999999999999999", "100000000000000000000", strings.Repeat("é", 1000)} {
			n := Number(of, name)
			if n < 1<<52 || n >= 1<<53 {
				t.Errorf("%s %q: %d", of, name, n)
			}
			if other, twice := seen[n]; twice {
				t.Errorf("%s %q has the number of %s", of, name, other)
			}
			seen[n] = of + " " + name
		}
	}
}

// TestActorNumber: so are these.
func TestActorNumber(t *testing.T) {
	f := func(a Actor, want uint64) {
		t.Helper()
		if got := a.Number(); got != want {
			t.Errorf("%+v: %d, want %d", a, got, want)
		}
	}
	f(Actor{}, 0)
	f(Actor{ID: "42", Email: "amy@x.test", Name: "amy"}, 42)
	f(Actor{ID: "u1", Email: "amy@x.test", Name: "amy"}, Number("id", "u1"))
	f(Actor{Email: "amy@x.test", Name: "amy"}, 7217400376651375)
	f(Actor{Name: "42"}, hashedNumber("name", "42"))
	f(Actor{Name: "amy", Domain: "x"}, 7355537834365754)
}

// TestPersonIsExact: who is asked for by number is nobody else, whatever the others are called.
func TestPersonIsExact(t *testing.T) {
	amy := &Event{ID: "1", Actor: Actor{ID: "amy"}}
	for _, other := range []Actor{{}, {Name: "42"}, {Name: "amy"}, {Email: "amy"}, {ID: "Amy"}, {ID: "bob", Name: "amy", Email: "amy"}} {
		where := Field{Name: "person", Values: []Value{{Text: "4503599627370496"}, {Text: strconv.FormatUint(amy.Actor.Number(), 10)}}}
		m := NewMatcher(new(compiler).field(where))
		if !m.Match(amy) || m.Match(&Event{ID: "2", Actor: other}) {
			t.Errorf("%+v", other)
		}
	}
}
