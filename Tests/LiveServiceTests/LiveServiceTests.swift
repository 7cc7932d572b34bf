// Tests of LiveService.
