"""Other platforms: their complaints and orders come in, our lists go out as CSV.

In: CloudEvents of hotlines, city-lifeline and work-order platforms, or their CSV, read by a mapping. A complaint is a
report in the river; one without a place waits for a person. Out: CSV of sites, filings, violations and work orders;
the CloudEvents out are ``act``'s. Refused: a message without an id or words, a wrong signature. Nothing acknowledged is
ever dropped, and no platform's word closes a site.
"""
