"""What imports of files have in common, whatever rows become: reading, course, report, work in the background."""
