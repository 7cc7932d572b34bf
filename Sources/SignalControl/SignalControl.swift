// SignalControl: A plan and live inputs become what each signal shows, tick by tick.
