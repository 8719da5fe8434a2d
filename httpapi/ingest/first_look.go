package ingest

import (
	"fmt"

	"annals/engine"
	"annals/httpapi/ingest/record"
	"annals/httpapi/ingest/sample"
)

// Sample returns the events of the sample. Appending them again changes nothing.
func Sample() (events []*engine.Event, err error) {
	entries, err := sample.Files.ReadDir(sample.Dir)
	if err != nil {
		return nil, fmt.Errorf("read sample: %w", err)
	}
	for _, entry := range entries {
		if entry.Name() == "NOTICE" {
			continue
		}
		file, err := sample.Files.Open(sample.Dir + "/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read sample: %w", err)
		}
		_, err = Read(file, entry.Name(), record.Options{Year: sample.Year}, func(e *engine.Event, err error) error {
			events = append(events, e)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read sample %s: %w", entry.Name(), err)
		}
	}
	return events, nil
}
