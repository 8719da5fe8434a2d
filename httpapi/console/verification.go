package console

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"annals/engine"
)

// Verification is the last time that everything was read and held against its hashes.
type Verification struct {
	Time     time.Time `json:"time"`
	Events   uint64    `json:"events"`
	Problems int       `json:"problems"`
	Took     int64     `json:"took_ms"`
}

const (
	verificationKind = "verification"
	lastVerification = "last"
)

// KeepVerification notes what a verification has found, for the page about the server.
func KeepVerification(records *engine.Records, at time.Time, report *engine.VerifyReport) error {
	text, err := json.Marshal(Verification{at.UTC(), report.Events, len(report.Problems), report.TookMillis})
	if err == nil {
		err = records.Put(verificationKind, lastVerification, text)
	}
	if err != nil {
		return fmt.Errorf("note verification: %w", err)
	}
	return nil
}

// LastVerification returns what was noted last; nil: nothing yet.
func LastVerification(records *engine.Records) (*Verification, error) {
	text, err := records.Get(verificationKind, lastVerification)
	if errors.Is(err, engine.ErrNotFound) {
		return nil, nil
	}
	v := new(Verification)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return nil, fmt.Errorf("read last verification: %w", err)
	}
	return v, nil
}
