package client

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// source is one file to import.
type source struct {
	name string // "-" is stdin
	size int64  // 0 when it is not known
}

func (s source) open(ctx context.Context, stdin io.Reader) (io.ReadCloser, error) {
	if s.name == "-" {
		return interruptible(ctx, stdin), nil
	}
	f, err := os.Open(s.name)
	if err != nil {
		return nil, fmt.Errorf("open: %w", pathless(err))
	}
	return f, nil
}

// interruptible ends a read that waits for a terminal or a pipe when the context ends. The copying goroutine may be left
// waiting; the process is about to end then.
func interruptible(ctx context.Context, stdin io.Reader) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, stdin)
		w.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { w.CloseWithError(context.Cause(ctx)) })
	return r
}

// expand turns the arguments into files: directories into what is below them, patterns into what they match, in a fixed order.
func expand(names []string) ([]source, error) {
	if len(names) == 0 {
		return nil, usagef("name a file, a directory, or - for stdin")
	}
	var all []source
	for _, name := range names {
		if name == "-" {
			all = append(all, source{name: name})
			continue
		}
		found, err := expandOne(name)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func expandOne(name string) ([]source, error) {
	info, err := os.Stat(name)
	if err != nil {
		matches, globErr := filepath.Glob(name)
		if globErr != nil || len(matches) == 0 {
			return nil, fmt.Errorf("%s: %w", name, pathless(err))
		}
		var all []source
		for _, match := range matches {
			found, err := expandOne(match)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
		return all, nil
	}
	if info.IsDir() {
		return walk(name)
	}
	size := info.Size()
	if !info.Mode().IsRegular() {
		size = 0
	}
	return []source{{name, size}}, nil
}

// walk lists the regular files below a directory, without hidden files and directories, in the order of their names.
func walk(dir string) ([]source, error) {
	var all []source
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != dir && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		info, err := os.Stat(path) // a link to a file counts as one
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() {
			all = append(all, source{path, info.Size()})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: there is no file in this directory", dir)
	}
	return all, nil
}

// totalBytes is the size of all sources, or 0 when one's is not known.
func totalBytes(sources []source) int64 {
	var total int64
	for _, s := range sources {
		if s.size == 0 && s.name == "-" {
			return 0
		}
		total += s.size
	}
	return total
}

// pathless takes the path out of an error that will be shown beside it.
func pathless(err error) error {
	if p, ok := err.(*fs.PathError); ok {
		return p.Err
	}
	return err
}
