package main

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// histogram asks for 60 buckets of the events with the keyword.
func (r *run) histogram(ctx context.Context) error {
	c := r.client(1)
	defer c.close()
	r.server.memory.label("searching")
	defer r.server.memory.label("")
	params := url.Values{"q": {keyword}, "buckets": {strconv.Itoa(histogramBuckets)},
		"from": {r.load.Until.Add(-span).Format(time.RFC3339)}, "to": {r.load.Until.Format(time.RFC3339)}}
	all, err := r.repeat(func(int) (spent, error) {
		var answer struct {
			Buckets []struct {
				Start    time.Time `json:"start"`
				Count    int       `json:"count"`
				Failures int       `json:"failures"`
			} `json:"buckets"`
			Total int `json:"total"`
		}
		took, err := c.get(ctx, "/api/v1/histogram", params, &answer)
		if err != nil {
			return spent{}, err
		}
		if answer.Total != r.model.histogramTotal || len(answer.Buckets) != histogramBuckets {
			r.wrong("histogram: %d buckets, total %d, right is %d", len(answer.Buckets), answer.Total, r.model.histogramTotal)
			return took, nil
		}
		for k, b := range answer.Buckets {
			if got := (bucketCount{b.Count, b.Failures}); got != r.model.histogram[k] {
				r.wrong("histogram: bucket %d has %v, right is %v", k, got, r.model.histogram[k])
				break
			}
		}
		return took, nil
	})
	if err != nil {
		return err
	}
	r.reportTimes("histogram of 60 buckets, "+number(float64(r.model.histogramTotal))+" hits", all, 5)
	return nil
}

// facets asks for five facets of the events with the keyword.
func (r *run) facets(ctx context.Context) error {
	c := r.client(1)
	defer c.close()
	r.server.memory.label("searching")
	defer r.server.memory.label("")
	var columns []string
	for _, f := range facetColumns {
		columns = append(columns, f.column)
	}
	params := url.Values{"q": {keyword}, "fields": {strings.Join(columns, ",")}, "limit": {strconv.Itoa(facetLimit)}}
	right := r.model.total[questions[1].name]
	all, err := r.repeat(func(int) (spent, error) {
		var answer struct {
			Facets map[string][]facetCount `json:"facets"`
			Total  int                     `json:"total"`
		}
		took, err := c.get(ctx, "/api/v1/facets", params, &answer)
		if err != nil {
			return spent{}, err
		}
		if answer.Total != right {
			r.wrong("facets: total %d, right is %d", answer.Total, right)
		}
		for _, column := range columns {
			if got, want := answer.Facets[column], r.model.facets[column]; !slices.Equal(got, want) {
				r.wrong("facet %s: %v, right is %v", column, got, want)
			}
		}
		return took, nil
	})
	if err != nil {
		return err
	}
	r.reportTimes("facets of 5 columns, "+number(float64(right))+" hits", all, 150)
	return nil
}
