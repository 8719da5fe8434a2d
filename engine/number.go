package engine

import (
	"strconv"

	"github.com/cespare/xxhash/v2"
)

// Number is the number that stands for a name, for other products' clients that know accounts and people by numbers: the same for ever, as it
// is in the index and in what clients keep. A name that is a whole number without leading zeros stands for itself; every other one is hashed, with
// what it is the name of, to at least 1<<52 and below 1<<53, which every JSON reader has exactly. So no name is given the number that another one is,
// and two different ones share a number as seldom as 52 random bits do. No name has none: 0.
func Number(of, name string) uint64 {
	if name == "" {
		return 0
	}
	if n, ok := plainNumber(name); ok && (n < hashedFrom || n >= 2*hashedFrom) {
		return n
	}
	return hashedNumber(of, name)
}

func hashedNumber(of, name string) uint64 {
	var d xxhash.Digest
	d.Reset()
	_, _ = d.WriteString(of) // never fails
	_, _ = d.WriteString("\x1f")
	_, _ = d.WriteString(name)
	return hashedFrom | d.Sum64()>>12
}

const hashedFrom = 1 << 52

// plainNumber reads a number that is written as it is printed. What is none is told without an error, which would cost more than the hash.
func plainNumber(s string) (uint64, bool) {
	if s[0] == '0' || len(s) > 20 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil
}

// Number is the number of the person: of the account ID, else of the e-mail address, else of the name. 0: nobody is named.
func (a *Actor) Number() uint64 {
	switch {
	case a.ID != "":
		return Number("id", a.ID)
	case a.Email != "":
		return hashedNumber("email", a.Email)
	case a.Name != "":
		return hashedNumber("name", a.Name) // somebody who is called 42 is not whose ID it is
	}
	return 0
}
