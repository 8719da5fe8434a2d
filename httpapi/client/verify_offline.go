package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/go-json-experiment/json"

	"annals/engine"
)

// verifyOffline opens the log in the data directory itself, which no server may have open. What a crash left is recovered on the way, as
// the server would at its start; events are not touched.
func verifyOffline(ctx context.Context, data string, p *progress) (report *verifyReport, err error) {
	if !engine.Exists(data) {
		return nil, fmt.Errorf("there is no log in %s; name its directory with --data", data)
	}
	log, err := engine.Open(engine.Options{Dir: data, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	found, err := log.Verify(ctx, func(done, total uint64) { p.set(int64(done), int64(total)) })
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(found)
	if err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	return &verifyReport{*found, raw}, nil
}
