"""What has been reported, for those whom it concerns: found, read, corrected and taken back."""
