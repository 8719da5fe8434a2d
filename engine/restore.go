package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
)

const (
	restoringName = "restoring"     // where a log is built before it takes its place in the directory around
	restoredName  = "restored-from" // the checkpoint of the backup and the key that verifies it
)

// RestoreOptions configure a restore. The zero value is good.
type RestoreOptions struct {
	Key          []byte                   // content of the log's checkpoint.key, for a backup without it
	MinFreeBytes uint64                   // the restore fails below this much free space; 0 means 512 MiB
	Logger       *slog.Logger             // nil: slog.Default()
	Progress     func(done, total uint64) // may be nil; told how many of how many events are restored
}

// Restore builds the log of a backup in dir, which must be empty or not exist: the same events with the same seqs and hashes, so that
// every checkpoint and proof from before stays valid. Everything is checked as VerifyBackup does, and that no event ID is there twice. The log
// is built in a directory inside and moved when it is whole and durable. After an error nothing of it is left; a crash leaves a
// directory that Open refuses and a second Restore takes.
//
// Without the signing key, in the backup or in the options, the log gets a new one at once and a checkpoint signed with it.
func Restore(ctx context.Context, dir string, r io.Reader, o RestoreOptions) (*BackupReport, error) {
	report, err := restore(ctx, dir, r, o)
	if err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	return report, nil
}

func restore(ctx context.Context, dir string, r io.Reader, o RestoreOptions) (report *BackupReport, err error) {
	release, err := takeEmpty(dir)
	if err != nil {
		return nil, err
	}
	stage := filepath.Join(dir, restoringName)
	defer func() { err = errors.Join(err, release(err == nil)) }()
	if err := os.RemoveAll(stage); err != nil {
		return nil, fmt.Errorf("remove what an interrupted restore left: %w", err)
	}
	b := &restoration{o: o, dir: stage}
	report, err = readBackup(ctx, r, b, o.Progress)
	if err == nil {
		err = b.finish()
	}
	if err = errors.Join(err, b.close(err)); err != nil {
		return nil, err
	}
	return report, settle(stage, dir)
}

// takeEmpty locks dir, made if missing, if there is nothing in it but what an interrupted restore leaves. Release gives it free; after a
// failure it takes away what was made.
func takeEmpty(dir string) (release func(restored bool) error, err error) {
	entries, err := os.ReadDir(dir)
	made := errors.Is(err, fs.ErrNotExist)
	if made {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("take directory: %w", err)
	}
	for _, e := range entries {
		if !slices.Contains([]string{restoringName, "lock", "lost+found"}, e.Name()) {
			return nil, fmt.Errorf("directory %s %w", dir, errNotEmpty)
		}
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	return func(restored bool) error {
		var err error
		if !restored {
			err = errors.Join(os.RemoveAll(filepath.Join(dir, restoringName)), os.Remove(lock.Name()))
			if made {
				err = errors.Join(err, os.Remove(dir))
			}
		}
		return errors.Join(err, lock.Close())
	}, nil
}

// settle moves the restored log from stage to dir, the manifest last. A crash before that leaves no manifest and a stage, which Open refuses.
func settle(stage, dir string) error {
	entries, err := os.ReadDir(stage)
	if err != nil {
		return fmt.Errorf("move restored log: %w", err)
	}
	names := []string{manifestName}
	for _, e := range entries {
		if e.Name() != manifestName && e.Name() != "lock" {
			names = append(names, e.Name())
		}
	}
	for _, name := range slices.Backward(names) {
		if name == manifestName {
			err = syncDir(dir)
		}
		if err == nil {
			err = os.Rename(filepath.Join(stage, name), filepath.Join(dir, name))
		}
		if err != nil {
			return fmt.Errorf("move restored log: %w", err)
		}
	}
	if err := syncDir(dir); err != nil {
		return fmt.Errorf("move restored log: %w", err)
	}
	if err := os.RemoveAll(stage); err != nil {
		return fmt.Errorf("clear up after the restore: %w", err)
	}
	return nil
}

// refuseHalfRestored keeps Open from making an empty log beside one that was being restored.
func refuseHalfRestored(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, restoringName)); err != nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, manifestName)); err == nil {
		return nil
	}
	return fmt.Errorf("a restore into %s did not end: restore it again, or remove %s", dir, filepath.Join(dir, restoringName))
}
