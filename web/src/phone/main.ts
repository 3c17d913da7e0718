import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { words } from '@/words'
import { keepMe } from '@/stores/session'
import '@/look/tokens.css'
import './look/vant'
import './look/phone.css'
import App from './App.vue'
import { router } from './routes'
import { keepEarly } from './shell/early'
import { startWorker } from './worker'

keepMe()
keepEarly()
createApp(App).use(createPinia()).use(words).use(router).mount('#phone')
startWorker()
